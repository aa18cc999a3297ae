"""One real Apache Kafka broker in KRaft mode; `python -m deploy.local.kafka` becomes it."""
