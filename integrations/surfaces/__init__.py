"""Where people talk to Mynah: one package for each platform, none knowing another."""
