import Foundation

/// The environment of this process, read here and nowhere else.
public enum ProcessEnvironment {
    public static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// Name of this machine, for identities that must differ between machines.
    public static var hostName: String { ProcessInfo.processInfo.hostName }
}
