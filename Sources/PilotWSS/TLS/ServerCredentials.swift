import NIOSSL
import PilotTransport
import PilotWire

/// A beacon's certificate chain with its key, from two files, or from one that is named twice.
struct ServerCredentials {
  let context: NIOSSLContext
  /// The hosts that the certificate names, in the normal form of a `BeaconName`, without those that stand for several.
  let hosts: Set<String>
  /// Until when all certificates of the chain are valid, in seconds since 1970.
  let expiry: Int

  /// - Throws: `.invalidConfiguration` that says which file it is, and what is wrong with it.
  init(certificate: String, key: String) throws(TransportError) {
    let chain = try Self.read("the certificate file \(certificate)") { () throws(PEMFault) in
      try PEMFile(reading: certificate).certificates()
    }
    let privateKey = try Self.read("the key file \(key)") { () throws(PEMFault) in
      try PEMFile(reading: key).privateKey()
    }
    hosts = chain.first.map { Set($0.namedHosts) } ?? []
    expiry = chain.map { Int($0.notValidAfter) }.min() ?? 0
    do {
      context = try Self.context(chain, privateKey)
    } catch {
      throw TransportError(
        code: .invalidConfiguration,
        message: chain.dropFirst().contains { Self.fits($0, privateKey) }
          ? "the certificate file \(certificate) has the wrong order; the certificate of the key in \(key) comes first, "
            + "then the one that issued it"
          : "the private key in \(key) doesn't belong to the certificate in \(certificate)", cause: error)
    }
  }

  private static func read<Value>(
    _ file: String, _ body: () throws(PEMFault) -> Value
  ) throws(TransportError) -> Value {
    do throws(PEMFault) {
      return try body()
    } catch {
      throw TransportError(code: .invalidConfiguration, message: "\(file) \(error)")
    }
  }

  private static func context(_ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.applyPolicy()
    return try NIOSSLContext(configuration: configuration)
  }

  /// The library compares the two when it gets both.
  private static func fits(_ certificate: NIOSSLCertificate, _ key: NIOSSLPrivateKey) -> Bool {
    (try? context([certificate], key)) != nil
  }
}
