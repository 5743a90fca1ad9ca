"""The journey of a ticket and of its mails: its clock by day, who may read what, and where the lake has it."""
