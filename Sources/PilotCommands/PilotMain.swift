internal import ArgumentParser
internal import PilotWSS
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The way from a command line to an exit code.
public enum PilotMain {
  /// Runs what the process's command line asks for, and ends the process.
  ///
  /// The exit code is 0 for done, 1 for failed, with one line on standard error, 2 for wrong usage and 130 for SIGINT;
  /// 141 if the reader of standard output went away, which is not worth a line.
  public static func run() async -> Never {
    StandardDescriptors.open()
    ProcessSignals.prepare()
    DescriptorLimit.raise()
    let status = await status(of: Array(CommandLine.arguments.dropFirst()), on: .standard)
    await Console.standard.flush()
    exit(status)
  }

  /// Runs a command line, without the program's name, and gives the exit code.
  static func status(of arguments: [String], on console: Console) async -> Int32 {
    do {
      var command = try await PilotCommand.asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return ExitStatus.done.rawValue
    } catch {
      return await status(for: error, on: console)
    }
  }

  /// Says what went wrong, if that is to be said, and gives the exit code.
  ///
  /// Help and the version come as errors, too: those that go to standard output and are no failure.
  private static func status(for error: any Error, on console: Console) async -> Int32 {
    switch error {
    case OutputError.closed: return ExitStatus.outputClosed.rawValue
    case let status as ExitCode: return status.rawValue
    default: break
    }
    switch PilotCommand.exitCode(for: error) {
    case .success:
      do throws(OutputError) {
        try await console.print(message(for: error))
        return ExitStatus.done.rawValue
      } catch {
        return await status(for: error, on: console)
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

  private static func message(for error: any Error) -> String {
    var message = PilotCommand.fullMessage(for: error)
    while message.last?.isNewline == true { message.removeLast() }
    return message
  }
}
