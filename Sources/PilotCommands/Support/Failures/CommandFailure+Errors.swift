internal import PilotIdentity
internal import PilotTransport
internal import PilotWire

extension CommandFailure {
  /// What the failure of a library means for a command.
  ///
  /// Identities and nodes files say in their own sentence what to try. Other errors than these, which no command
  /// expects, are shown as they describe themselves.
  init(_ error: any Error) {
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

  /// What the failure of a transport means for a command. A cause that is the system's is told in its words; another one
  /// is for whoever digs deeper, and left to the log.
  init(_ error: TransportError) {
    // Most messages say what to try themselves.
    self.init(Self.what(of: error), hint: error.message.contains("; ") ? nil : error.code.hint)
  }

  private static func what(of error: TransportError) -> String {
    guard let cause = error.cause as? SystemCallError else { return error.message }
    let end = error.message.firstRange(of: "; ")?.lowerBound ?? error.message.endIndex
    return error.message[..<end] + " (\(cause))" + error.message[end...]
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
