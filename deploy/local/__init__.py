"""The platform on one machine: a real Kafka broker, a MongoDB wire server and the services, as child processes.

No Docker, Java, Maven or root is needed. Every child ends with the process that started it, also when that one is
killed. Where `KAFKA_BOOTSTRAP` or `MONGO_URL` name something that runs already, it is used and nothing is started.
"""
