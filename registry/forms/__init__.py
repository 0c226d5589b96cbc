"""What pages ask: forms generated from the fact dictionary, and a few of their own."""
