internal import NIOCore
internal import PilotIdentity
package import PilotTransport
internal import PilotWire

extension CommandFailure {
  /// What the failure of a library means for a command.
  ///
  /// Identities and nodes files say in their own sentence what to try. Other errors than these, which no command
  /// expects, are shown as they describe themselves.
  package init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as IdentityError: self.init(error.description)
    case let error as NodesFileError: self.init(error.description)
    case let error as WireError: self.init(error.description)
    case let error as EndpointSyntaxError: self.init(error.description)
    case let error as TransportError: self.init(error)
    case OutputError.system(let reason):
      self.init("can't write to standard output: \(reason)", hint: "free some space, or write elsewhere")
    case is CancellationError: self.init("cancelled")
    default: self.init("\(error)")
    }
  }

  /// What the failure of a transport means for a command: its message, the cause where the message doesn't name it, and what
  /// to try.
  ///
  /// Most messages say what to try themselves. What isn't known but guessed from the kind of failure is left out where the
  /// cause says more: the two may contradict each other.
  package init(_ error: TransportError) {
    let parts = error.message.split(separator: "; ", maxSplits: 1)
    let what = parts.first.map(String.init) ?? error.message
    let advice = parts.count == 2 ? String(parts[1]) : nil
    // What a supervisor doesn't try again and again: it stays wrong until somebody changes it.
    let status: ExitStatus = error.code == .invalidConfiguration ? .usage : .failed
    guard let cause = error.cause.map({ Cause($0) }), !error.message.contains(cause.words) else {
      self.init(what, hint: advice ?? error.code.hint, status: status)
      return
    }
    let isAboutSocket = error.code == .bindFailed && cause.number != nil
    let hint = isAboutSocket ? cause.number.flatMap(SystemText.remedy) : advice
    self.init("\(what): \(cause.words)", hint: hint, status: status)
  }
}

/// What is underneath a failure.
private struct Cause {
  /// More of a library's words than fit a line tell nobody anything.
  private static let limit = 240

  /// One line.
  let words: String
  /// The system's number for it, if it has one.
  let number: Int32?

  init(_ error: any Error) {
    number = (error as? IOError)?.errnoCode
    let text =
      switch error {
      case let error as IOError: SystemText.of(error.errnoCode)
      case let error as TransportError: CommandFailure(error).what
      case let error as CommandFailure: error.what
      default: "\(error)"
      }
    words = String(text.onOneLine.prefix(Self.limit))
  }
}

extension TransportError.Code {
  /// What helps in most cases.
  fileprivate var hint: String? {
    switch self {
    case .bindFailed: "stop the program that has the port, or choose another one (port 0 picks one)"
    case .resolveFailed: "check the host's name and the name server"
    case .connectFailed: "check that the beacon runs there, and that no firewall is in between"
    case .tlsFailed: "if the beacon has a private CA, give its certificate with --ca"
    case .upgradeRefused: "check the URL's host and path; a proxy in between may answer in the beacon's place"
    case .atCapacity: "try again later, or another beacon"
    case .authenticationFailed: "check that the beacon knows this node's ID with this identity's key"
    case .timedOut, .connectionLost, .unreachable: "check the network, and try again"
    case .replaced: "another program runs with the same node ID; stop one of them"
    default: nil
    }
  }
}
