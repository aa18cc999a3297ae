"""Everything on one machine without containers: broker, engine, supervisor, simulator."""
