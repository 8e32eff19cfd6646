package import ArgumentParser

/// What the program tells its caller when it ends.
package enum ExitStatus: Int32, Sendable {
  /// It did what it was asked to.
  case done = 0
  /// It failed; one line on standard error says why.
  case failed = 1
  /// The command line, the environment or the configuration file asks for something that doesn't exist.
  case usage = 2
  /// SIGINT ended it: 128 and the signal's number, as shells have it.
  case interrupted = 130
  /// Its reader went away: 128 and the number of SIGPIPE, which is what shells show for other programs then.
  case outputClosed = 141

  /// To be thrown by a command that has said already what there is to say.
  package var error: ExitCode { ExitCode(rawValue) }
}
