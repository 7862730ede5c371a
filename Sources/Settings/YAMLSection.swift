import Yams

/// One mapping of the configuration file, read against the table of what may stand in it.
struct YAMLSection {
    let mapping: Node.Mapping
    let path: String
    /// Dotted name of the section, empty for the root.
    let name: String

    func apply(_ entries: [(String, SettingsTable.Entry)], to settings: inout Settings) throws(SettingsError) {
        for (keyNode, value) in mapping {
            let key = keyNode.string ?? ""
            let line = keyNode.mark?.line ?? 1
            guard let entry = entries.first(where: { $0.0 == key })?.1 else {
                throw .unknownKey(path: path, line: line, key: qualified(key), known: entries.map(\.0))
            }
            try apply(entry, key: key, line: line, value: value, to: &settings)
        }
    }

    private func apply(
        _ entry: SettingsTable.Entry,
        key: String,
        line: Int,
        value: Node,
        to settings: inout Settings
    ) throws(SettingsError) {
        let origin = "\(path):\(line)"
        switch entry {
        case .field(let field):
            guard let text = value.scalar?.string else {
                throw .malformed(path: path, line: line, reason: "\(qualified(key)) is a single value")
            }
            try field.set(&settings, text, origin, qualified(key))
        case .list(let field):
            let texts = value.sequence?.compactMap { $0.scalar?.string } ?? [value.scalar?.string ?? ""]
            try field.set(&settings, texts.joined(separator: ","), origin, qualified(key))
        case .table(let assign):
            guard let table = value.mapping else {
                throw .malformed(path: path, line: line, reason: "\(qualified(key)) is a mapping of names to values")
            }
            var pairs: [String: String] = [:]
            for (name, item) in table { pairs[name.string ?? ""] = item.scalar?.string ?? "" }
            assign(&settings, pairs)
        case .section(let entries):
            guard let section = value.mapping else {
                throw .malformed(path: path, line: line, reason: "\(qualified(key)) is a section")
            }
            try YAMLSection(mapping: section, path: path, name: qualified(key)).apply(entries, to: &settings)
        }
    }

    private func qualified(_ key: String) -> String {
        name.isEmpty ? key : "\(name).\(key)"
    }
}
