import CChatTemplate
import Testing

@Suite struct ShimTests {
    @Test("A failure has a status and a message, and leaves what it would hand out untouched")
    func failuresAreTold() {
        var handle: OpaquePointer?
        let status = "{% if %}".withCString {
            cct_template_create(CCTText(data: $0, length: 8), &handle)
        }
        #expect(status == CCTStatus(CCT_ERR_SYNTAX))
        #expect(handle == nil)
        #expect(String(cString: cct_last_error_message()) != "")
        #expect(
            cct_template_create(CCTText(data: nil, length: 3), &handle)
                == CCTStatus(CCT_ERR_INVALID_ARGUMENT))
        #expect(
            cct_template_render(
                nil, nil, 0, nil, 0, CCTText(data: nil, length: 0), true, &handle)
                == CCTStatus(CCT_ERR_INVALID_ARGUMENT))
        #expect(handle == nil)
        cct_template_free(nil)
        cct_rendering_free(nil)
        #expect(cct_rendering_count(nil) == 0)
    }

    @Test("A success clears the message of the failure before it")
    func successesClear() {
        var handle: OpaquePointer?
        _ = "{{".withCString { cct_template_create(CCTText(data: $0, length: 2), &handle) }
        let status = "a".withCString { cct_template_create(CCTText(data: $0, length: 1), &handle) }
        #expect(status == CCTStatus(CCT_OK))
        #expect(String(cString: cct_last_error_message()) == "")
        #expect(handle != nil)
        cct_template_free(handle)
    }
}
