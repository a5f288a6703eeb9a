"""The creator economy as a Mesa model: creators, users and a platform, step by step."""
