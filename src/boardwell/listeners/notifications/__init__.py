"""Tells people what concerns them: by mail, merged, in their language, at hours that suit them."""
