package import ArgumentParser
internal import PilotTransport
internal import PilotWSS
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A program that is a tree of commands: the way from its command line to its exit code.
package struct CommandProgram {
  private let root: any AsyncParsableCommand.Type
  private let console: Console

  /// - Parameter root: The command that the others are under.
  package init(_ root: any AsyncParsableCommand.Type, console: Console = .standard) {
    self.root = root
    self.console = console
  }

  /// Runs what the process's command line asks for, and ends the process.
  ///
  /// The exit code is 0 for done, 1 for failed, with one line on standard error, 2 for wrong usage and 130 for SIGINT;
  /// 141 if the reader of standard output went away, which is not worth a line.
  package func run() async -> Never {
    StandardDescriptors.open()
    ProcessSignals.prepare()
    DescriptorLimit.raise()
    let status = await status(of: Array(CommandLine.arguments.dropFirst()))
    await console.flush()
    exit(status)
  }

  /// Runs a command line, without the program's name, and gives the exit code.
  package func status(of arguments: [String]) async -> Int32 {
    do {
      var command = try await root.asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return ExitStatus.done.rawValue
    } catch {
      return await status(for: error)
    }
  }

  /// Says what went wrong, if that is to be said, and gives the exit code.
  ///
  /// Help and the version come as errors, too: those that go to standard output and are no failure.
  private func status(for error: any Error) async -> Int32 {
    switch error {
    case OutputError.closed: return ExitStatus.outputClosed.rawValue
    case let status as ExitCode: return status.rawValue
    default: break
    }
    switch root.exitCode(for: error) {
    case .success:
      do throws(OutputError) {
        try await console.print(message(for: error))
        return ExitStatus.done.rawValue
      } catch {
        return await status(for: error)
      }
    case .validationFailure:
      // It may repeat an argument, and that may be a URL with a password.
      console.report(URLText.withoutSecrets(in: message(for: error)))
      return ExitStatus.usage.rawValue
    default:
      let failure = CommandFailure(error)
      console.report(failure.line)
      return failure.status.rawValue
    }
  }

  private func message(for error: any Error) -> String {
    var message = root.fullMessage(for: error)
    while message.last?.isNewline == true { message.removeLast() }
    return message
  }
}
