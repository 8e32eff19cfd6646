import PilotConsole
import PilotNode
import PilotTransport
import PilotWSS

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How a node gets out of its network: the proxy, and addresses for when the name server fails.
struct AttachReach {
  private let proxy: ProxySelection
  private let command: ProxyCommand?
  private let addresses: StaticAddresses

  /// - Parameters:
  ///   - proxy: A URL, or `none`; nil for what the environment says. Its list of exceptions counts in any case but `none`.
  ///   - command: Prints new credentials.
  ///   - addresses: Entries `HOST=ADDRESS`.
  init(
    proxy: String? = nil, command: String? = nil, addresses: [String] = [],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CommandFailure) {
    let variables = ProxyEnvironment(environment)
    do throws(TransportError) {
      switch proxy {
      case nil, "": self.proxy = .environment(variables)
      case "none": self.proxy = .none
      case let url?: self.proxy = .url(try ProxyURL(parsing: url), except: variables.noProxy)
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
    configuration.wss?.proxy = proxy
    if let command { configuration.wss?.renewProxyCredentials = { try await command.credentials() } }
  }
}
