"""Silver: threads of e-mails to tickets, their lifecycle and their legal clock."""
