"""Which arm answers, with which prompt and parameters, and who is next: chosen and learned."""
