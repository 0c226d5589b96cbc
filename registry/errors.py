"""The errors of the web system. Each holds what the page needs to explain itself, in both languages."""

from scoring.words import Words


class RegistryError(Exception):
    """Anything the registry refuses."""

    status = 400
    words = Words("请求无法处理。", "The request cannot be carried out.")


class NotFound(RegistryError):
    """There is no such thing, or it is not yours: the answer is the same."""

    status = 404
    words = Words("没有找到您要的内容。", "There is no such page or record.")


class Forbidden(RegistryError):
    """The actor may never do this."""

    status = 403

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action
        self.words = Words("您的账号没有办理此事项的权限。", "Your account may not do this.")


class NotNow(RegistryError):
    """The actor may do this, but not in the present state; `words` says what has to come first."""

    status = 409

    def __init__(self, action: str, words: Words) -> None:
        super().__init__(f"{action}: {words.en}")
        self.action = action
        self.words = words


class Conflict(RegistryError):
    """Somebody else changed the record meanwhile."""

    status = 409
    words = Words(
        "这条记录刚被他人修改，您的操作没有生效。请刷新后核对，再重新办理。",
        "Somebody else has just changed this record; nothing of yours was applied. Reload and try again.",
    )


class Refused(RegistryError):
    """The request breaks a rule that its sender can mend; `words` says which and how."""

    status = 422

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words
