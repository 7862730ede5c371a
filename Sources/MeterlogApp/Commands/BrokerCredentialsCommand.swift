import ArgumentParser
import EmbeddedLog
import Foundation
import Glibc
import Settings

/// `meterlog broker credentials`: who may log in to the embedded log by SASL.
struct BrokerCredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract:
            "Say who may log in to the embedded log (SASL). Passwords are kept salted and hashed, never as they are.",
        discussion: """
            The running broker reads the file again at SIGHUP.

            meterlog broker credentials add alice --file /etc/meterlog/credentials
            """,
        subcommands: [Add.self, Remove.self, List.self]
    )

    /// Where the users stand.
    struct FileOptions: ParsableArguments {
        @OptionGroup var common: CommonOptions
        @Option(help: "The file. Default: broker.credentials_file, else <data_directory>/credentials.")
        var file: String?

        func path() throws -> String {
            if let file { return file }
            let settings = try common.settings()
            let configured = settings.broker.credentialsFile
            return configured.isEmpty ? settings.dataDirectory + "/credentials" : configured
        }

        /// The users that there are; none without a file.
        func read() throws -> (path: String, users: CredentialFile) {
            let path = try path()
            guard FileManager.default.fileExists(atPath: path) else { return (path, CredentialFile()) }
            return (path, try CredentialFile(text: TextFile.read(path).text, path: path))
        }

        /// Puts the file in the place of the old one, for its owner alone.
        func write(_ users: CredentialFile, to path: String) throws {
            let fresh = path + ".new"
            // What an interrupted call left; nothing else writes it.
            if unlink(fresh) != 0, errno != ENOENT {
                throw AppError.unusable("\(fresh) can't be replaced: \(String(cString: strerror(errno)))")
            }
            let isWritten = FileManager.default.createFile(
                atPath: fresh,
                contents: Data(users.text.utf8),
                attributes: [.posixPermissions: 0o600]
            )
            guard isWritten, rename(fresh, path) == 0 else {
                throw AppError.unusable("\(path) can't be written: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// `add USER`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Add a user, or give one another password. The password is asked for, or read from standard input."
        )

        @OptionGroup var options: FileOptions
        @Argument(help: "Name of the user.")
        var user: String
        @Option(help: "File with the password in its first line, mode 0600.")
        var passwordFile: String?
        @Option(help: "Rounds of hashing, 4096 to 1000000: more make guessing from a stolen file slower.")
        var iterations = SCRAMCredential.defaultIterations

        func run() async throws {
            var (path, users) = try options.read()
            let password = try passwordFile.map { try SecretFile.read($0) } ?? askForPassword()
            try users.set(user: user, password: password, iterations: iterations)
            try options.write(users, to: path)
            Terminal.print("\(user) may log in; \(path)")
        }

        private func askForPassword() throws -> String {
            guard isatty(STDIN_FILENO) == 1 else {
                guard let line = readLine(), !line.isEmpty else {
                    throw ValidationError("no password on standard input")
                }
                return line
            }
            guard let typed = getpass("Password: ") else { throw ValidationError("no password") }
            let password = String(cString: typed)
            guard let again = getpass("Again: "), String(cString: again) == password else {
                throw ValidationError("the passwords differ")
            }
            return password
        }
    }

    /// `remove USER`.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a user.")

        @OptionGroup var options: FileOptions
        @Argument(help: "Name of the user.")
        var user: String

        func run() async throws {
            var (path, users) = try options.read()
            guard users.remove(user: user) else { throw AppError.unusable("\(path) has no user \(user)") }
            try options.write(users, to: path)
            Terminal.print("\(user) may not log in any more; \(path)")
        }
    }

    /// `list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the users.")

        @OptionGroup var options: FileOptions

        func run() async throws {
            for user in try options.read().users.users { Terminal.print(user) }
        }
    }
}
