"""The wire contracts: event types, the Kafka envelope, and the messages of the other topics."""
