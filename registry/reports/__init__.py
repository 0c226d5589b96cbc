"""Documents for people: PDFs and workbooks, made from frozen values."""
