#include "store/sqlite/read_only.hpp"

#include "store/sqlite/lock_file.hpp"
#include "store/sqlite/read_session.hpp"
#include "store/sqlite/schema.hpp"

#include <filesystem>
#include <utility>

namespace headgate::store {
namespace {

using namespace sqlite;

class opened_events final : public stored_events {
public:
    opened_events(lock_file lock, read_session session)
        : lock_{std::move(lock)}, session_{std::move(session)} {}

    [[nodiscard]] result<event_record> read_event(uuid const& id) override { return session_.read_event(id); }

private:
    lock_file lock_;
    read_session session_;
};

}  // namespace

result<std::unique_ptr<stored_events>> open_read_only(std::string const& path) {
    std::error_code failed;
    if (!std::filesystem::exists(path, failed))
        return refuse(errc::failed_precondition, "there is no event store at " + path,
                      "look at store.sqlite.path; `headgate serve` makes the file");
    HEADGATE_TRY(auto lock, lock_file::take_to_read(path));
    HEADGATE_TRY(auto database, connection::open(path, access::read_only, {}));
    if (auto const ours = check_schema(database, path); !ours) return std::unexpected{ours.error()};
    settings const chosen{.sqlite = {.path = path}};
    HEADGATE_TRY(auto session, read_session::open(chosen));
    return std::make_unique<opened_events>(std::move(lock), std::move(session));
}

}  // namespace headgate::store
