import java.net.URI;
import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.harness.Neo4jBuilders;

/** `java -cp … Serve.java FOLDER`: serve a Neo4j with its usual HTTP API until standard input ends; prints its URL. */
public class Serve {
    public static void main(String[] arguments) throws Exception {
        var anyPort = new SocketAddress("127.0.0.1", 0);
        var neo4j = Neo4jBuilders.newInProcessBuilder(Path.of(arguments[0]))
            .withConfig(GraphDatabaseSettings.auth_enabled, true)
            .withConfig(HttpConnector.listen_address, anyPort)
            .withConfig(BoltConnector.listen_address, anyPort)
            .build();
        URI uri = neo4j.httpURI();
        System.out.println(uri);
        while (System.in.read() >= 0) { }
        neo4j.close();
    }
}
