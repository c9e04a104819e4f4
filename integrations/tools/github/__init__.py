"""GitHub: repositories, issues, pull requests, runs and files, as tools."""
