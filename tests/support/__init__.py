"""What tests share: databases, projects on disk, commands in processes of their own, killing, waiting."""
