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

extension BeaconServer {
  /// Accepts on what the beacon before has given up, and waits for a beacon that is to come after this one.
  func succeed() async -> TransportError? {
    do throws(TransportError) {
      if let takeover = parts.takeover {
        if let error = await takeover.awaitEnd() { return error }
        // Not before the other one accepts no more: of two event loops that hear of one connection, one would find none.
        if let descriptor = listening.inherited.wss?.take() {
          _ = try await parts.listener?.start(on: listening.group, inherited: descriptor)
        }
        if let descriptor = listening.inherited.http?.take(), let address = addresses.http {
          _ = try await parts.status?.start(at: address, on: listening.group, inherited: descriptor)
        }
      }
      try awaitSuccessor()
      return nil
    } catch {
      return error
    }
  }

  /// From now on the path leads here.
  private func awaitSuccessor() throws(TransportError) {
    guard let path = listening.takeover else { return }
    let handover = BeaconHandover(parts, addresses, on: listening.group)
    let parts = parts
    do throws(HandoverFault) {
      let listener = try HandoverListener(at: path) { channel in
        guard handover.converse(over: channel) else { return }
        parts.takeovers.end()
        parts.shutdown.begin()
      }
      parts.takeovers.listens(listener)
    } catch {
      let hint =
        error.isAboutTrust
        ? "its directory has to be this user's or root's, and nobody else may write to it"
        : "\(error)"
      throw TransportError(code: .bindFailed, message: "can't wait for a takeover at \(path): \(hint)")
    }
  }
}

extension InheritedDescriptor {
  /// Where connections to it go; nil for what nobody listens on.
  fileprivate var listenerEndpoint: Endpoint? {
    if case .listener(let endpoint) = kind { endpoint } else { nil }
  }
}

extension Optional where Wrapped: Sendable {
  /// As `flatMap`, for what takes a while.
  func flatMapAsync<Result>(
    _ transform: (Wrapped) async throws(TransportError) -> Result?
  ) async throws(TransportError) -> Result? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
