import Benchmark
import Crypto

/// What sessions between nodes are made of (wire reference, section 4), as the library gives it.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput, .mallocCountTotal], scalingFactor: .kilo)
  for length in [64, 1200] { sealing(length) }
  signatures()
  Benchmark("X25519: agree", configuration: .init(scalingFactor: .one)) { benchmark in
    let own = Curve25519.KeyAgreement.PrivateKey()
    let peer = Curve25519.KeyAgreement.PrivateKey().publicKey
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(try own.sharedSecretFromKeyAgreement(with: peer)) }
  }
}

private func sealing(_ length: Int) {
  let key = SymmetricKey(size: .bits256)
  let plain = [UInt8](repeating: 7, count: length)
  let sender: [UInt8] = [0, 0, 0, 7]
  Benchmark("AES-GCM: seal \(length) B") { benchmark in
    for _ in benchmark.scaledIterations {
      blackHole(try AES.GCM.seal(plain, using: key, nonce: AES.GCM.Nonce(), authenticating: sender))
    }
  }
  Benchmark("AES-GCM: open \(length) B") { benchmark in
    let box = try AES.GCM.seal(plain, using: key, authenticating: sender)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(try AES.GCM.open(box, using: key, authenticating: sender)) }
  }
  Benchmark("ChaCha20-Poly1305: seal \(length) B") { benchmark in
    for _ in benchmark.scaledIterations {
      blackHole(try ChaChaPoly.seal(plain, using: key, nonce: ChaChaPoly.Nonce(), authenticating: sender))
    }
  }
  Benchmark("ChaCha20-Poly1305: open \(length) B") { benchmark in
    let box = try ChaChaPoly.seal(plain, using: key, authenticating: sender)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(try ChaChaPoly.open(box, using: key, authenticating: sender)) }
  }
}

private func signatures() {
  let key = Curve25519.Signing.PrivateKey()
  let text = Array("compat_auth:7:1700000000:".utf8)
  Benchmark("Ed25519: sign", configuration: .init(scalingFactor: .one)) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(try key.signature(for: text)) }
  }
  Benchmark("Ed25519: verify", configuration: .init(scalingFactor: .one)) { benchmark in
    let signature = try key.signature(for: text)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(key.publicKey.isValidSignature(signature, for: text)) }
  }
}
