/// All declared topics.
public struct TopicCatalog: Sendable, Equatable {
    /// Sorted by name.
    public let declarations: [TopicDeclaration]

    /// - Throws: `TopicDeclarationError` when a name is declared twice.
    public init(_ declarations: [TopicDeclaration]) throws(TopicDeclarationError) {
        let sorted = declarations.sorted { $0.name < $1.name }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
            throw TopicDeclarationError(file: one.name, line: 0, message: "the topic is declared twice")
        }
        self.declarations = sorted
    }

    /// Reads declarations from the texts of their files. A file is named as its topic: `<topic>.yaml`.
    public static func parse(
        files: [(name: String, yaml: String)]
    ) throws(TopicDeclarationError) -> TopicCatalog {
        var declarations: [TopicDeclaration] = []
        for file in files {
            let declaration = try TopicDeclaration.parse(yaml: file.yaml, file: file.name)
            let last = file.name.split(separator: "/").last.map(String.init) ?? file.name
            guard last == "\(declaration.name).yaml" else {
                throw TopicDeclarationError(
                    file: file.name,
                    line: 0,
                    message: "declares \"\(declaration.name)\", so it must be named \(declaration.name).yaml"
                )
            }
            declarations.append(declaration)
        }
        return try TopicCatalog(declarations)
    }

    /// The declaration of a topic, or nil.
    public subscript(_ name: String) -> TopicDeclaration? {
        declarations.first { $0.name == name }
    }

    /// Declared partitions of a topic, or nil when it isn't declared.
    public func partitionCount(of name: String) -> Int32? { self[name]?.partitionCount }
}
