import Logging
import PilotWSS

extension WSSListener.Configuration {
  /// The listener's part of a beacon's configuration.
  init(_ settings: BeaconServer.Configuration.WebSocket, tls: ServerTLS?, logger: Logger) {
    self.init(address: settings.address, unixTime: WallClock.now)
    self.tls = tls
    maximumConnections = settings.maximumConnections
    outgoing = OutboundQueue.Limits(bytes: settings.outgoingBytes, age: settings.outgoingAge)
    idleLimit = settings.idleLimit
    authenticationLimit = settings.authenticationLimit
    self.logger = logger
    let descriptors = DescriptorLimit.current
    if fit(intoDescriptors: descriptors) {
      logger.notice(
        "Fewer WebSocket connections than configured: raise the limit of open files (ulimit -n, LimitNOFILE=)",
        metadata: [
          "configured": "\(settings.maximumConnections)", "connections": "\(maximumConnections)",
          "open_files": "\(descriptors)",
        ])
    }
  }
}
