internal import CCurlShims
internal import CLibcurl

extension CurlLoop {
    /// Sets everything a transfer needs on a fresh handle.
    func configure(_ easy: UnsafeMutableRawPointer, for transfer: Transfer) {
        let request = transfer.request
        setAddress(easy, transfer)
        // Debian's libcurl loses requests when it multiplexes HTTP/2.
        shim_easy_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        shim_easy_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        shim_easy_long(easy, CURLOPT_NOSIGNAL, 1)
        shim_easy_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        shim_easy_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        // Over TLS even a request without a body takes such a buffer, and a watch keeps it for as long as it lasts.
        shim_easy_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
        shim_easy_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(10_000, milliseconds(request.timeout)))
        if let idle = transfer.idleTimeout {
            shim_easy_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
            shim_easy_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, Int(idle.components.seconds)))
        } else {
            shim_easy_long(easy, CURLOPT_TIMEOUT_MS, milliseconds(request.timeout))
        }
        setMethod(easy, request)
        setHeaders(easy, transfer)
        setTrust(easy, transfer.trust)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        shim_easy_pointer(easy, CURLOPT_HEADERDATA, context)
        shim_easy_pointer(easy, CURLOPT_WRITEDATA, context)
        shim_easy_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) { bytes in
                Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                    .receiveHeader(UnsafeBufferPointer(start: bytes, count: size * count))
            }
            return size * count
        }
        shim_easy_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            return bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) { bytes in
                Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                    .receiveBody(UnsafeBufferPointer(start: bytes, count: size * count))
            }
        }
    }

    /// The URL and, where the certificate must carry another name than the address, the way to that address.
    private func setAddress(_ easy: UnsafeMutableRawPointer, _ transfer: Transfer) {
        let url = transfer.request.url
        let host = HTTPAddress(url)
        // As Go does: what runs on this machine is never reached through a proxy of the environment.
        if host?.isLoopback ?? false { shim_easy_string(easy, CURLOPT_NOPROXY, "*") }
        guard let name = transfer.trust.serverName, !name.isEmpty, let host, name != host.host else {
            shim_easy_string(easy, CURLOPT_URL, url)
            return
        }
        transfer.addressList = curl_slist_append(nil, "\(name):\(host.port):\(host.host):\(host.port)")
        shim_easy_pointer(easy, CURLOPT_CONNECT_TO, transfer.addressList)
        shim_easy_string(easy, CURLOPT_URL, "\(host.scheme)://\(name):\(host.port)\(host.rest)")
    }

    private func setMethod(_ easy: UnsafeMutableRawPointer, _ request: HTTPRequest) {
        switch request.method {
        case "GET" where request.body.isEmpty: shim_easy_long(easy, CURLOPT_HTTPGET, 1)
        case "HEAD": shim_easy_long(easy, CURLOPT_NOBODY, 1)
        default:
            if !request.body.isEmpty || request.method == "POST" || request.method == "PUT" {
                request.body.withUnsafeBytes { bytes in
                    _ = shim_easy_body(easy, bytes.baseAddress ?? UnsafeRawPointer(easy), bytes.count)
                }
            }
            shim_easy_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func setHeaders(_ easy: UnsafeMutableRawPointer, _ transfer: Transfer) {
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in transfer.request.headers {
            // Line breaks would begin a header of somebody else's making.
            if name.utf8.contains(where: { $0 < 0x20 }) || value.utf8.contains(where: { $0 < 0x20 }) { continue }
            list = curl_slist_append(list, "\(name): \(value)")
        }
        // Without this curl waits a second for a permission that API servers do not give.
        list = curl_slist_append(list, "Expect:")
        transfer.headerList = list
        shim_easy_pointer(easy, CURLOPT_HTTPHEADER, list)
    }

    private func setTrust(_ easy: UnsafeMutableRawPointer, _ trust: HTTPTrust) {
        func set(_ option: CURLoption, _ bytes: [UInt8]?) {
            guard let bytes else { return }
            bytes.withUnsafeBytes { _ = shim_easy_blob(easy, option, $0.baseAddress, $0.count) }
        }
        set(CURLOPT_CAINFO_BLOB, trust.authority)
        // The system's authorities count only where no other is named.
        if trust.authority != nil { shim_easy_string(easy, CURLOPT_CAPATH, nil) }
        set(CURLOPT_SSLCERT_BLOB, trust.clientCertificate)
        set(CURLOPT_SSLKEY_BLOB, trust.clientKey)
        if trust.skipsVerification {
            shim_easy_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            shim_easy_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    private func milliseconds(_ duration: Duration) -> Int {
        let parts = duration.components
        return max(1, Int(parts.seconds) * 1_000 + Int(parts.attoseconds / 1_000_000_000_000_000))
    }
}
