"""Pictures that operators give: logos of programs, and whatever else is shown to customers."""
