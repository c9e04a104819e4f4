"""Commands, menus, buttons and dialogs, and what becomes of them."""
