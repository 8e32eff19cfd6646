import Logging
import NIOCore
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

extension BeaconServer.Parts {
  /// Begins to accept connections; on sockets of the beacon before, only once that one has given them up.
  ///
  /// - Returns: Where.
  func listen(
    _ configuration: BeaconServer.Configuration, _ inherited: InheritedSockets, on group: any EventLoopGroup
  ) async throws(TransportError) -> (wss: Endpoint?, http: Endpoint?) {
    var (wss, http): (Endpoint?, Endpoint?)
    if let listener {
      wss = inherited.wss?.listenerEndpoint
      if wss == nil || takeover == nil { wss = try await listener.start(on: group, inherited: inherited.wss?.take()) }
    }
    if let status, let address = configuration.http {
      http = inherited.http?.listenerEndpoint
      if http == nil || takeover == nil {
        http = try await status.start(at: address, on: group, inherited: inherited.http?.take())
      }
    }
    return (wss, http)
  }
}

extension BeaconServer.Configuration {
  /// - Throws: `.invalidConfiguration` for what nobody could take over.
  func checkSuccession() throws(TransportError) {
    // What the others pass on is sealed for one start of one process, and counted there: another one couldn't open it, and both
    // would have the same address until the first has ended.
    guard takeover != nil, cluster != nil else { return }
    throw TransportError(
      code: .invalidConfiguration,
      message: """
        a beacon of a cluster can't be taken over from: leave out takeover, and drain it to another beacon of the cluster to \
        restart it
        """)
  }
}

extension BeaconServer {
  /// Accepts on what the beacon before has given up, waits for a beacon that is to come after this one, and says that it serves.
  func succeed() async -> TransportError? {
    var listeners = InheritedListeners(logger: parts.logger)
    if let takeover = parts.takeover {
      if let error = await takeover.awaitEnd() { return error }
      // Not before the other one accepts no more: of two event loops that hear of one connection, one would find none.
      listeners = inheritedListeners
      await listeners.attempt()
    }
    do throws(TransportError) {
      try awaitSuccessor()
    } catch {
      // Nobody else has the nodes by now.
      guard parts.takeover != nil else { return error }
      parts.logger.error(
        "This beacon has taken over, and can't be taken over from; it serves on", metadata: ["reason": "\(error)"])
    }
    listening.whenServing(addresses)
    let shutdown = parts.shutdown
    await listeners.keepTrying(clock: MonotonicClock()) { shutdown.phase == .serving }
    return nil
  }

  private var inheritedListeners: InheritedListeners {
    var listeners = InheritedListeners(logger: parts.logger)
    let group = listening.group
    if let descriptor = listening.inherited.wss, let listener = parts.listener {
      listeners.add("wss") { () async throws(TransportError) in
        try await descriptor.accept { descriptor async throws(TransportError) in
          _ = try await listener.start(on: group, inherited: descriptor)
        }
      }
    }
    if let descriptor = listening.inherited.http, let status = parts.status, let address = addresses.http {
      listeners.add("http") { () async throws(TransportError) in
        try await descriptor.accept { descriptor async throws(TransportError) in
          _ = try await status.start(at: address, on: group, inherited: descriptor)
        }
      }
    }
    return listeners
  }

  /// From now on the path leads here.
  private func awaitSuccessor() throws(TransportError) {
    guard let path = listening.takeover else { return }
    let handover = BeaconHandover(parts, addresses, on: listening.group)
    let parts = parts
    do throws(HandoverFault) {
      let (logger, troubles) = (parts.logger, parts.takeovers)
      let listener = try HandoverListener(at: path, report: { troubles.note($0, logger) }) { channel in
        // From then on it says that it is busy, until the next one has moved its own socket into place.
        if handover.converse(over: channel) { parts.shutdown.begin() }
      }
      parts.takeovers.listens(listener)
    } catch {
      throw Configuration.noTakeover(at: path, error)
    }
  }
}

extension InheritedDescriptor {
  /// Where connections to it go; nil for what nobody listens on.
  fileprivate var listenerEndpoint: Endpoint? {
    if case .listener(let endpoint) = kind { endpoint } else { nil }
  }
}
