"""Songs, from any service that makes them when asked and says when they are done."""
