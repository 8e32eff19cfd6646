import PilotConsole
import PilotNode
import PilotTransport
import PilotWSS

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How a node reaches its beacons: whom it trusts, the proxy, and addresses for when the name server fails.
struct BeaconReach: Sendable {
  private let trust: Trust
  private let allowsPlaintext: Bool
  private let requiresBeaconName: Bool
  private let proxy: ProxySelection
  private let command: ProxyCommand?
  /// Addresses of hosts for when the name server fails.
  let addresses: StaticAddresses

  /// - Parameters:
  ///   - trust: Whom to trust at the other end of TLS.
  ///   - allowsPlaintext: Whether frames may go to another machine in the clear.
  ///   - requiresBeaconName: Whether a beacon over WebSocket has to have its name signed.
  ///   - proxy: A URL, or `none`; nil for what the environment says. Its list of exceptions counts in any case but `none`.
  ///   - command: Prints new credentials.
  ///   - addresses: Entries `HOST=ADDRESS`.
  init(
    trust: Trust = .system, allowsPlaintext: Bool = false, requiresBeaconName: Bool = false,
    proxy: String? = nil, command: String? = nil, addresses: [String] = [],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CommandFailure) {
    self.trust = trust
    self.allowsPlaintext = allowsPlaintext
    self.requiresBeaconName = requiresBeaconName
    let variables = ProxyEnvironment(environment)
    do throws(TransportError) {
      switch proxy {
      case nil, "": self.proxy = .environment(variables)
      case "none": self.proxy = .none
      case let url?:
        self.proxy = .url(
          try ProxyURL(parsing: url), except: variables.noProxy, listedIn: variables.noProxyVariable)
      }
      self.addresses = try StaticAddresses(parsing: addresses)
    } catch {
      throw .usage(error.message, hint: nil)
    }
    self.command = command.map { ProxyCommand($0) }
  }

  /// Puts it into what a node is made of.
  func apply(to configuration: inout Node.Configuration) {
    configuration.fallbackAddresses = addresses
    configuration.wss?.trust = trust
    configuration.wss?.allowsPlaintext = allowsPlaintext
    configuration.wss?.requiresBeaconName = requiresBeaconName
    configuration.wss?.proxy = proxy
    if let command { configuration.wss?.renewProxyCredentials = { try await command.credentials() } }
  }
}
