internal import Yams

/// Reads the keys of one YAML mapping, keeps the lines for error messages, and refuses what it doesn't know.
struct DeclarationReader {
    private let file: String
    private let line: Int
    private var values: [String: (node: Node, line: Int)] = [:]

    init(yaml: String, file: String) throws(TopicDeclarationError) {
        self.file = file
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            let (line, message) = DeclarationReader.place(of: error)
            throw TopicDeclarationError(file: file, line: line, message: message)
        }
        guard let root, case .mapping(let mapping) = root else {
            throw TopicDeclarationError(file: file, line: 0, message: "a mapping of keys to values is expected")
        }
        line = root.mark?.line ?? 1
        for (key, value) in mapping {
            let line = key.mark?.line ?? 0
            guard let name = key.string else {
                throw TopicDeclarationError(file: file, line: line, message: "a key must be text")
            }
            values[name] = (value, line)
        }
    }

    private static func place(of error: any Error) -> (line: Int, message: String) {
        guard let error = error as? YamlError else { return (0, "\(error)") }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return (mark.line, problem)
        case .duplicatedKeysInMapping(let names, let context):
            return (context.mark.line, names.map { "\"\($0)\"" }.joined(separator: ", ") + " given twice")
        default:
            return (0, "\(error)")
        }
    }

    func error(_ key: String, _ message: String) -> TopicDeclarationError {
        TopicDeclarationError(file: file, line: values[key]?.line ?? line, message: "\"\(key)\" \(message)")
    }

    /// Refuses keys that nobody reads.
    func allowOnly(_ keys: Set<String>) throws(TopicDeclarationError) {
        let unknown = values.filter { !keys.contains($0.key) }.min { $0.value.line < $1.value.line }
        guard let unknown else { return }
        throw error(unknown.key, "is not a key of a topic declaration")
    }

    func text(_ key: String) throws(TopicDeclarationError) -> String {
        guard let value = values[key] else { throw error(key, "is missing") }
        guard case .scalar(let scalar) = value.node, !scalar.string.isEmpty else {
            throw error(key, "must be text")
        }
        return scalar.string
    }

    func integer(_ key: String, in range: ClosedRange<Int64>) throws(TopicDeclarationError) -> Int64 {
        guard let number = Int64(try text(key).filter { $0 != "_" }), range.contains(number) else {
            throw error(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func list(_ key: String) throws(TopicDeclarationError) -> [String] {
        guard let value = values[key] else { throw error(key, "is missing") }
        guard case .sequence(let sequence) = value.node else { throw error(key, "must be a list") }
        var result: [String] = []
        for node in sequence {
            guard let text = node.string, !text.isEmpty else { throw error(key, "must be a list of names") }
            result.append(text)
        }
        return result
    }

    /// A mapping of text to text; empty where the key is missing.
    func mapping(_ key: String) throws(TopicDeclarationError) -> [String: String] {
        guard let value = values[key] else { return [:] }
        guard case .mapping(let mapping) = value.node else { throw error(key, "must be a mapping") }
        var result: [String: String] = [:]
        for (name, node) in mapping {
            guard let name = name.string, case .scalar(let scalar) = node else {
                throw error(key, "must be a mapping of names to values")
            }
            guard result.updateValue(scalar.string, forKey: name) == nil else {
                throw error(key, "gives \"\(name)\" twice")
            }
        }
        return result
    }
}
