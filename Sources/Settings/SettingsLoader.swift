import Yams

/// Reads configuration: file, then environment. Unknown keys and values out of range are errors, never passed over.
public struct SettingsLoader: Sendable {
    /// `METERLOG_*` and the rest of the process environment.
    public var environment: [String: String]

    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// The settings of `path` (or of `METERLOG_CONFIG`, or none) and the environment.
    public func load(path: String?) throws(SettingsError) -> Settings {
        var settings = Settings()
        if let path = path ?? environment["METERLOG_CONFIG"], !path.isEmpty {
            let file = try TextFile.read(path)
            try apply(yaml: file.text, path: path, to: &settings)
            guard !settings.holdsSecrets || file.mode & 0o077 == 0 else {
                throw .exposed(path: path, mode: "0" + String(file.mode & 0o777, radix: 8))
            }
        }
        try applyEnvironment(to: &settings)
        return settings
    }

    /// The settings that a YAML text makes of the defaults, for checks and tests.
    public func parse(yaml: String, path: String) throws(SettingsError) -> Settings {
        var settings = Settings()
        try apply(yaml: yaml, path: path, to: &settings)
        return settings
    }

    private func apply(yaml: String, path: String, to settings: inout Settings) throws(SettingsError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw .malformed(path: path, line: 1, reason: "\(error)")
        } catch {
            throw .malformed(path: path, line: 1, reason: "\(error)")
        }
        guard let root, root.null == nil else { return }
        guard let mapping = root.mapping else {
            throw .malformed(path: path, line: root.mark?.line ?? 1, reason: "a mapping of settings is expected")
        }
        try YAMLSection(mapping: mapping, path: path, name: "").apply(SettingsTable.root, to: &settings)
    }

    private func applyEnvironment(to settings: inout Settings) throws(SettingsError) {
        for (name, field) in SettingsTable.environment {
            guard let value = environment[name], !value.isEmpty else { continue }
            try field.set(&settings, value, "environment variable \(name)", name)
        }
    }
}
