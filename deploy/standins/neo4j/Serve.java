import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.harness.Neo4jBuilders;

/**
 * Serves a Neo4j with its usual APIs: `java -cp … Serve.java FOLDER [HOST HTTP_PORT BOLT_PORT]`, by default on any ports of
 * this machine. Prints its URL once it answers. NEO4J_AUTH is user/password, as for the image.
 */
public class Serve {
    public static void main(String[] arguments) throws Exception {
        var isPublic = arguments.length > 1;
        var host = isPublic ? arguments[1] : "127.0.0.1";
        var http = new SocketAddress(host, isPublic ? Integer.parseInt(arguments[2]) : 0);
        var bolt = new SocketAddress(host, isPublic ? Integer.parseInt(arguments[3]) : 0);
        var neo4j = Neo4jBuilders.newInProcessBuilder(Path.of(arguments[0]))
            .withConfig(GraphDatabaseSettings.auth_enabled, true)
            .withConfig(HttpConnector.listen_address, http)
            .withConfig(BoltConnector.enabled, true)
            .withConfig(BoltConnector.listen_address, bolt)
            .build();
        var password = System.getenv("NEO4J_AUTH").split("/", 2)[1];
        neo4j.databaseManagementService().database("system").executeTransactionally(
            "alter user neo4j set password $password change not required", Map.of("password", password));
        System.out.println(neo4j.httpURI());
        Runtime.getRuntime().addShutdownHook(new Thread(neo4j::close));
        new CountDownLatch(1).await();
    }
}
