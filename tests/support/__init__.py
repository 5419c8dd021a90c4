"""What tests share: a database each, a project on disk, commands in processes of their own, killing, waiting."""
