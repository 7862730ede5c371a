/// What a client may do with a resource, as the bit fields of `include_authorized_operations`.
///
/// There are no access rules here: whoever is connected may do everything, and the fields say so, as Apache Kafka's do
/// without an authorizer. The bits are the numbers of the operations in the protocol.
enum AuthorizedOperations {
    private static let read: Int32 = 1 << 3
    private static let write: Int32 = 1 << 4
    private static let create: Int32 = 1 << 5
    private static let delete: Int32 = 1 << 6
    private static let alter: Int32 = 1 << 7
    private static let describe: Int32 = 1 << 8
    private static let clusterAction: Int32 = 1 << 9
    private static let describeConfigs: Int32 = 1 << 10
    private static let alterConfigs: Int32 = 1 << 11
    private static let idempotentWrite: Int32 = 1 << 12

    static let topic = read | write | create | delete | alter | describe | describeConfigs | alterConfigs
    static let group = read | delete | describe
    static let cluster =
        create | alter | describe | clusterAction | describeConfigs | alterConfigs | idempotentWrite
}
