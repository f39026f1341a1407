<?php
// Laravel's own Migrator on the folder `migrations`, as `php artisan migrate` and `migrate:rollback --step=1` call it.
// Its packages name their dependencies by absolute paths, so they are loaded by class name.

use Illuminate\Container\Container;
use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Migrations\DatabaseMigrationRepository;
use Illuminate\Database\Migrations\Migrator;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Support\Facades\Facade;

spl_autoload_register(function (string $class): void {
    $path = strtr($class, '\\', '/') . '.php';
    // some packages put their classes into the name space of another
    foreach (['Support', 'Collections', 'Macroable', 'Conditionable'] as $package) {
        $place = preg_replace('#^Illuminate/Support/#', "Illuminate/$package/", $path);
        $file = stream_resolve_include_path($place);
        if ($file !== false) {
            require_once $file;
            return;
        }
    }
});
foreach (['Collections', 'Support'] as $package) {
    require_once "Illuminate/$package/helpers.php";
}

$manager = new Manager(new Container());
$manager->addConnection(json_decode(getenv('CONNECTION'), true));
$manager->setAsGlobal();
Facade::setFacadeApplication(['db' => $manager->getDatabaseManager()]);

$repository = new DatabaseMigrationRepository($manager->getDatabaseManager(), 'migrations');
if (!$repository->repositoryExists()) {
    $repository->createRepository();
}
$migrator = new Migrator($repository, $manager->getDatabaseManager(), new Filesystem());
$argv[1] === 'up' ? $migrator->run(['migrations']) : $migrator->rollback(['migrations'], ['step' => 1]);
