"""Picture formats: one table, and the readers of the structures that several formats share. Pure; decodes nothing."""
