internal import CRDKafka

/// librdkafka's in-process mock cluster, for tests of this package: real sockets on free loopback ports, injected errors.
///
/// It has no administration requests, and it doesn't hide records of aborted transactions.
package final class KafkaMockCluster: Sendable {
    private let handle: ClientHandle
    /// `host:port`, separated by commas.
    package let brokers: String

    package init(brokerCount: Int) throws(KafkaError) {
        let settings = KafkaSettings(brokers: ["127.0.0.1:1"], clientID: "mock")
        let configuration = try ClientConfiguration(settings, kind: .producer)
        try configuration.set("test.mock.num.brokers", String(brokerCount))
        handle = try ClientHandle(configuration, .producer, ClientContext(nil))
        guard let cluster = rd_kafka_handle_mock_cluster(handle.pointer) else {
            throw KafkaError(.fatal, code: "NO_MOCK", message: "this librdkafka has no mock cluster")
        }
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    private var cluster: OpaquePointer? { rd_kafka_handle_mock_cluster(handle.pointer) }

    package func createTopic(_ name: String, partitions: Int32) {
        rd_kafka_mock_topic_create(cluster, name, partitions, 1)
    }

    /// The next requests of the kind are answered with these errors, one each.
    /// - Parameters:
    ///   - apiKey: number of the request kind in the Kafka protocol.
    ///   - codes: protocol error codes.
    package func failNext(apiKey: Int16, with codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, apiKey, errors.count, errors)
    }

    package func setBroker(_ broker: Int32, isUp: Bool) {
        if isUp {
            rd_kafka_mock_broker_set_up(cluster, broker)
        } else {
            rd_kafka_mock_broker_set_down(cluster, broker)
        }
    }

    package func setRoundTrip(ofBroker broker: Int32, milliseconds: Int32) {
        rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds)
    }
}
