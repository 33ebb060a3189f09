#include "auth/openssl_care.hpp"

#include <openssl/err.h>

namespace headgate::auth {

quiet_errors::quiet_errors() {
    ERR_clear_error();
}

quiet_errors::~quiet_errors() {
    ERR_clear_error();
}

}  // namespace headgate::auth
