"""The deterministic PQRS inbox: the e-mails of a day follow from the parameters and that day alone."""
