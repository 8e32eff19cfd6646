import PilotBeacon
import PilotConsole
import PilotUDP
import PilotWire

/// Sockets that the supervisor has bound, and passes on to each process of the service (sd_listen_fds(3)): while none runs, datagrams
/// and connections wait in them.
enum ActivatedSockets {
  /// The first of the descriptors.
  private static let first: CInt = 3

  /// Takes what the environment speaks of, if it is meant for this process.
  ///
  /// - Parameters:
  ///   - environment: Of this process.
  ///   - configuration: Where it is to listen: a socket for another address would be served beside the settings.
  /// - Throws: What doesn't fit.
  static func take(
    _ environment: SupervisedEnvironment, for configuration: BeaconServer.Configuration
  ) throws(CommandFailure) -> InheritedSockets {
    var sockets = InheritedSockets()
    for (number, name) in try names(environment).enumerated() {
      let descriptor = InheritedDescriptor(owning: first + CInt(number))
      switch (name, descriptor.kind) {
      case ("udp", .datagrams(let endpoint)):
        try check(endpoint, is: configuration.udp, "udp")
        sockets.udp.append(descriptor)
      case ("wss", .listener(let endpoint)) where sockets.wss == nil:
        try check(endpoint, is: configuration.wss?.address, "wss")
        sockets.wss = descriptor
      case ("http", .listener(let endpoint)) where sockets.http == nil:
        try check(endpoint, is: configuration.http, "http")
        sockets.http = descriptor
      default:
        throw .usage(
          "the supervisor passes a socket named \"\(name)\" that is of no use",
          hint:
            "FileDescriptorName= is udp for ListenDatagram=, wss or http for ListenStream=, each in a socket unit of its own"
        )
      }
    }
    return sockets
  }

  /// The descriptors' names, in their order; none if the environment speaks of none, or to another process.
  static func names(_ environment: SupervisedEnvironment) throws(CommandFailure) -> [String] {
    guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == environment.process,
      let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count > 0
    else { return [] }
    let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
    guard names.count == count, count <= 1_024 else {
      throw .usage("LISTEN_FDS says \(count) sockets, and LISTEN_FDNAMES names \(names.count)")
    }
    return names.map { String($0) }
  }

  private static func check(_ endpoint: Endpoint, is wanted: Endpoint?, _ option: String) throws(CommandFailure) {
    if let wanted, endpoint.fits(wanted) { return }
    throw .usage(
      "the supervisor's \(option) socket is bound to \(endpoint), and --\(option) is \(wanted.map { "\($0)" } ?? "off")",
      hint: "write the same address into the socket unit and the settings")
  }
}
