extension TopicDeclaration {
    private static let keys: Set<String> = [
        "name", "description", "owner", "consumers", "partitions", "key", "schema", "cleanup", "retention",
        "max-message-bytes", "configs",
    ]

    /// Reads one declaration.
    /// - Parameters:
    ///   - yaml: the text of the file.
    ///   - file: its name, for error messages.
    /// - Throws: `TopicDeclarationError` with file and line; unknown keys are refused.
    public static func parse(yaml: String, file: String) throws(TopicDeclarationError) -> TopicDeclaration {
        let reader = try DeclarationReader(yaml: yaml, file: file)
        try reader.allowOnly(keys)
        return TopicDeclaration(
            name: try name(reader),
            description: try reader.text("description"),
            owner: try reader.text("owner"),
            consumers: try reader.list("consumers"),
            partitionCount: Int32(try reader.integer("partitions", in: 1...10_000)),
            key: try reader.text("key"),
            schema: try schema(reader),
            cleanup: try cleanup(reader),
            retentionMilliseconds: try retention(reader),
            maxMessageBytes: try reader.integer("max-message-bytes", in: 1024...1_000_000_000),
            configs: try configs(reader)
        )
    }

    /// Kafka allows letters, digits, dot, underscore and hyphen, at most 249 characters; underscore is left out here because a dot and
    /// an underscore collide in metric names.
    private static func name(_ reader: DeclarationReader) throws(TopicDeclarationError) -> String {
        let name = try reader.text("name")
        let isValid = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        guard isValid, name.utf8.count <= 249, name != ".", name != ".." else {
            throw reader.error("name", "must be at most 249 small letters, digits, dots and hyphens")
        }
        return name
    }

    private static func schema(_ reader: DeclarationReader) throws(TopicDeclarationError) -> Schema {
        let text = try reader.text("schema")
        switch text {
        case "verbatim": return .verbatim
        case "json": return .json
        case "snapshot": return .snapshot
        default:
            guard text.contains("."), !text.contains(" ") else {
                throw reader.error("schema", "must be verbatim, json, snapshot or the full name of a protobuf message")
            }
            return .protobuf(text)
        }
    }

    private static func cleanup(_ reader: DeclarationReader) throws(TopicDeclarationError) -> Cleanup {
        guard let cleanup = Cleanup(rawValue: try reader.text("cleanup")) else {
            throw reader.error("cleanup", "must be delete or compact")
        }
        return cleanup
    }

    /// "forever" or "<n> days".
    private static func retention(_ reader: DeclarationReader) throws(TopicDeclarationError) -> Int64 {
        let text = try reader.text("retention")
        guard text != "forever" else { return -1 }
        let parts = text.split(separator: " ")
        guard parts.count == 2, parts[1] == "days" || parts[1] == "day", let days = Int64(parts[0]),
            (1...36_500).contains(days)
        else {
            throw reader.error("retention", "must be forever or a number of days, for example \"90 days\"")
        }
        return days * 86_400_000
    }

    private static func configs(_ reader: DeclarationReader) throws(TopicDeclarationError) -> [String: String] {
        let configs = try reader.mapping("configs")
        for name in configs.keys.sorted() {
            if let own = ownKeys[name] {
                throw reader.error("configs", "must not set \(name), which has its own key \"\(own)\"")
            }
        }
        return configs
    }
}
