#pragma once

namespace headgate::auth {

// For `std::unique_ptr`: what OpenSSL made is given back to the function that takes it back.
template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* it) const noexcept {
        Free(it);
    }
};

// OpenSSL keeps its complaints per thread, and whoever asks next would take them for its own. While one of
// these lives there are none from before; after it there are none from meanwhile.
struct quiet_errors {
    quiet_errors();
    ~quiet_errors();
    quiet_errors(quiet_errors const&) = delete;
    quiet_errors& operator=(quiet_errors const&) = delete;
};

}  // namespace headgate::auth
