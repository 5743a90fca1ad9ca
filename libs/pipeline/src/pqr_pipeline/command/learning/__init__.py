"""Commands that teach: a tour to look at, a lab to work in."""
