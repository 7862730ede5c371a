/// A topic declaration that can't be used, with its place.
public struct TopicDeclarationError: Error, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    /// Line in the file, from 1; 0 where the whole file is meant.
    public var line: Int
    public var message: String

    public init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    public var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}
