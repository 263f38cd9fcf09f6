"""Which tool usually has a port: a hint for people, never a proof.

Only ports that one tool or one kind of tool is known for are here. 8000 and the ports next to it
belong to no one. The numbers are the defaults in the documentation of the tools; /etc/services
knows few of them.
"""

_USUAL = {
    22: "SSH",
    25: "mail (SMTP)",
    53: "DNS",
    80: "web servers (HTTP)",
    111: "rpcbind",
    443: "web servers (HTTPS)",
    445: "Windows file sharing",
    631: "printing (CUPS)",
    1025: "Mailpit and MailHog (SMTP)",
    1433: "Microsoft SQL Server",
    1521: "Oracle Database",
    1883: "MQTT brokers",
    2019: "the admin API of Caddy",
    2375: "Docker (without TLS)",
    2376: "Docker (with TLS)",
    2379: "etcd",
    3000: "Node front ends (Next.js, React) and Grafana",
    3001: "Node front ends (second one)",
    3306: "MySQL and MariaDB",
    3389: "Remote Desktop",
    4200: "Angular",
    4222: "NATS",
    4317: "OpenTelemetry (gRPC)",
    4318: "OpenTelemetry (HTTP)",
    4321: "Astro",
    5000: "AirPlay on macOS, and Flask",
    5037: "Android Debug Bridge",
    5173: "Vite",
    5353: "multicast DNS",
    5432: "PostgreSQL",
    5555: "Android Debug Bridge and Flower",
    5601: "Kibana",
    5672: "RabbitMQ",
    5900: "VNC screen sharing",
    6006: "Storybook and TensorBoard",
    6333: "Qdrant",
    6379: "Redis and Valkey",
    6443: "Kubernetes",
    7000: "AirPlay on macOS",
    7474: "Neo4j (HTTP)",
    7687: "Neo4j",
    7860: "Gradio",
    8025: "Mailpit and MailHog (web)",
    8086: "InfluxDB",
    8123: "ClickHouse and Home Assistant",
    8200: "Vault",
    8265: "the dashboard of Ray",
    8384: "Syncthing",
    8501: "Streamlit",
    8529: "ArangoDB",
    8787: "Wrangler and RStudio",
    8888: "Jupyter",
    9000: "MinIO, PHP-FPM and Portainer",
    9042: "Cassandra",
    9090: "Prometheus",
    9092: "Kafka",
    9100: "printers and the Prometheus node exporter",
    9200: "Elasticsearch and OpenSearch",
    9229: "the debugger of Node",
    11211: "memcached",
    11434: "Ollama",
    15672: "RabbitMQ (web)",
    19530: "Milvus",
    24678: "Vite (reload)",
    27017: "MongoDB",
    32400: "Plex",
}

NEVER_PROBED = frozenset(
    {
        *(22, 25, 53, 111, 445, 465, 587),
        *(515, 631, *range(9100, 9108)),  # printers print what they are sent
        *(1433, 1521, 3306, 5432, 9042, 27017),  # databases count and log failed handshakes
        *(2181, 4222, 5672, 9092, 11211),
        *(3389, 5900),
        *(5037, 5555),
        *(6379, 6380, 16379, 26379),  # Redis: "Possible SECURITY ATTACK detected" (redis#3807)
    }
)
"""Ports whose usual servers log an attack, or print, when they are asked for a web page."""


def usual(port: int) -> str | None:
    """The tool or kind of tool that usually has `port`: `PostgreSQL`, to be said with "usually"."""
    return _USUAL.get(port)


NO_WEB_SERVERS = frozenset(
    {
        *("redis-server", "valkey-server", "memcached", "postgres", "mysqld", "mariadb", "mongod"),
        *("sshd", "ssh", "cupsd", "rabbitmq-server", "beam.smp", "mosquitto", "nats-server"),
        *("dnsmasq", "named", "smbd", "exim4", "postfix", "master", "dovecot", "slapd"),
    }
)
"""Programs to which a web request is an attack, an error in a log, or something to print."""
