
    create sequence author_seq start with 1 increment by 50

    create table author (
        id bigint not null,
        name varchar(255) check (name <> 'nobody'),
        primary key (id)
    )

    create table book (
        author_id bigint,
        id bigint not null,
        primary key (id)
    )

    create table book_tag (
        book_id bigint not null,
        tag varchar(255)
    )

    create index book_by_author 
       on book (author_id)

    alter table if exists book 
       add constraint FKklnrv3weler2ftkweewlky958 
       foreign key (author_id) 
       references author 
       on delete cascade

    alter table if exists book_tag 
       add constraint FK9sjrl6oq1d0wusmlqgnoqsqcw 
       foreign key (book_id) 
       references book
